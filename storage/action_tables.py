"""The tables of actions, what happened to them, and what was measured after them."""
