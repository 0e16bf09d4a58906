"""What we know: tables, merging of pulls, measuring, reading. The only room that speaks SQL."""
