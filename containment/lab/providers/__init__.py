"""The lab's stand-in resource providers: `base` is the gRPC part, `aws*` and `aviatrix*` say what each type does."""
