"""A renderer per surface, pure and total: every block of the card model, within the surface's limits."""
