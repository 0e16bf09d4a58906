"""Everything the bot says: the card model, a composer per message, and pure renderers per surface."""
