"""Envoy configuration in protobuf's binary form, which Envoy reads several times faster than JSON."""
