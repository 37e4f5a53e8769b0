"""The cards of Slack in a browser, for a team without Slack and for the demo."""
