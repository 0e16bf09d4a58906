"""A picture that is none: composers only pass it on."""

from messages.card import Image

PICTURE = Image("heatmap-region-2026-11-23.png", "Region: EMEA red.", b"light", b"dark")
