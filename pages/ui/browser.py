"""What the pages need of the browser beyond Streamlit, read once for all runs."""

from __future__ import annotations

from pathlib import Path

SCRIPT = f"<script>{Path(__file__).with_suffix('.js').read_text('utf-8')}</script>"
