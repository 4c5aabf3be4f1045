"""The Distributed Cloud Firewall of the Controller simulator: groups, rules, rulesets and profiles."""
