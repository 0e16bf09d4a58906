"""The tables of nudging: what was asked of whom, snoozes, waivers, pauses, inspections, finding lives."""
