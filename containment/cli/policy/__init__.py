"""Commands about a stack's policy: its rules, questions about them, checks of them, and the files made from them."""
