"""The image that hosts start from: one of the lab's, so that a sample can be brought up there and not only previewed."""

IMAGE = "ami-00000000000022041"
