"""The local room: a chat in the browser on this machine, for trying the product without a chat platform."""
