"""The tables of the schedule: which slot of which job ran, and what became of it."""
