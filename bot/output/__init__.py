"""What the command line writes for machines: the JSON contract (docs/schema) and CSV."""
