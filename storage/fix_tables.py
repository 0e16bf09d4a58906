"""The tables of fixes under way, and what rejected writes have taught us."""
