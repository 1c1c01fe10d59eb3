"""Version of this package."""

VERSION = "4.0.90"
