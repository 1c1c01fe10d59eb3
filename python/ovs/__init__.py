"""Open vSwitch for Python: clients of its database and of its daemons."""
