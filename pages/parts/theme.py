"""What the pages share in looks beyond .streamlit/config.toml: the icons, drawn here and served from here."""

from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
ICON = STATIC / "icon.svg"  # never ":material/…" as a page icon: that is fetched from a third party
LOGO = STATIC / "logo.svg"
