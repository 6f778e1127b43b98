"""The demonstration: fictional organisations and their applications, read from `data`."""
