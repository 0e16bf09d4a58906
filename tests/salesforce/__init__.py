"""A Salesforce of our own on loopback, strict where the documentation is."""
