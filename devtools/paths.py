"""Where everything lies inside a clone."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
VENV_BIN = VENV / "bin"
PYTHON = VENV_BIN / "python"
LOCAL = ROOT / ".local"
LOGS = LOCAL / "log"
REQUIREMENTS = ROOT / "requirements"
NODE_MODULES = ROOT / "node_modules"
