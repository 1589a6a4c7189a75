"""Targets: functions to audit, from the words of a command or from the inventory."""
