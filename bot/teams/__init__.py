"""The company's chat in Microsoft Teams, through the Bot Framework SDK; nobody else knows that SDK."""
