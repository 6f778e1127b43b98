"""How dates and hours are written, by language; FORMAT_MODULE_PATH points here."""
