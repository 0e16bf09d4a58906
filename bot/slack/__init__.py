"""Slack: the way in, the way out, and the set-up. The only room that names `slack_bolt` and `slack_sdk`."""
