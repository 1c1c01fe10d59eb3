"""The Open vSwitch database: schemas, data, and replicas (RFC 7047)."""
