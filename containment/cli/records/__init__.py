"""Commands that read and sign what happened: the audit of decisions, attestation and evidence."""
