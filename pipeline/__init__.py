"""The rules, pure: calendar, money, versions, metrics, colours, hygiene, access. No clock, no I/O."""
