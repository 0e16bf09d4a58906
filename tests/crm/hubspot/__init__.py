"""HubSpot over real HTTP, against the local server."""
