"""The vault: OpenBao, spoken to with hvac over a transport of our own; nothing of either leaves this package."""
