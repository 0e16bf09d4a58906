"""HubSpot as the system of record, through a private app."""
