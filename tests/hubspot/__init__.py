"""A HubSpot of our own on loopback, as strict as the documentation says."""
