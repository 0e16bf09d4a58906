"""The tables of the council's weekly editions and the context that people gave."""
