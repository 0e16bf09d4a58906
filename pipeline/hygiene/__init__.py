"""The hygiene rules (DOMAIN section 8): what they ask of a deal, how they are set, and the scores."""
