"""Whole journeys: from a folder of exports to the figures that people read."""
