"""Someone who uses the pages, without a browser."""

import json
from pathlib import Path
from typing import Any

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Node
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from pages.parts import errors

MAIN = Path(__file__).parents[2] / "pages" / "main.py"
CALM = "Twincast did not foresee"
HOSTILE = ("**bold**", "<script>x</script>", ":material/bolt:", ":red[x]", "[link](http://evil)", "$x^2$", "`code`")
PLAIN = ("multiselect", "selectbox", "text_input", "arrow_data_frame", "dataframe", "code", "bidi_component")


class Visitor:
    """One browser session. After each step the page has been drawn anew, and drawn without an unforeseen error."""

    def __init__(self) -> None:
        self.at = AppTest.from_file(MAIN, default_timeout=30)
        self.calm = True  # False: the test expects an error that nobody foresaw

    def open(self, page: str = "data.py", **address: str) -> "Visitor":
        """Go to a page by the side navigation, which drops the address' parameters, or by an address with its own."""
        self.at.query_params = dict(address)
        if self.at._registered_pages or page != "data.py":
            if not self.at._registered_pages:
                self.run()
                self.at.query_params = dict(address)
            self.at.switch_page(page)
        return self.run()

    def run(self) -> "Visitor":
        self.at.run()
        self.at._page_hash = ""  # stay where a button led to
        assert not self.at.exception, "a traceback on the page"
        assert not self.calm or CALM not in self.text, self.text
        return self

    def click(self, key: str) -> "Visitor":
        self.at.button(key=key).click()
        return self.run()

    def set(self, key: str, value: Any) -> "Visitor":
        self.find(key).set_value(value)
        return self.run()

    def upload(self, content: str | bytes | None, name: str = "mine.csv") -> "Visitor":
        """A file of one's own, or none any more."""
        if content is None:
            return self.click("remove_file")
        raw = content.encode() if isinstance(content, str) else content
        self.find("uploader").set_value((name, raw, "text/csv"))
        return self.run()

    def find(self, key: str) -> Any:
        """The element whose key is, or starts with, this one."""
        found = [each for each in self.elements if (getattr(each, "key", None) or "").startswith(key)]
        assert found, f"no {key} among {[each.key for each in self.elements if getattr(each, 'key', None)]}"
        return found[0]

    def has(self, key: str) -> bool:
        return any(getattr(each, "key", None) == key for each in self.elements)

    @property
    def elements(self) -> list[Node]:
        return list(self.at.main)

    @property
    def title(self) -> str:
        return str(self.at.title[0].value)

    @property
    def text(self) -> str:
        """What is written on the page, the backslashes of escaped names taken out."""
        kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info")
        return "\n".join(plain(each.value) for kind in kinds for each in getattr(self.at, kind))

    @property
    def errors(self) -> list[str]:
        return [plain(each.value) for each in self.at.error]

    @property
    def drawn_as_markdown(self) -> list[str]:
        """Everything whose texts the browser reads as Markdown: labels, tooltips and options included."""
        return [str(each.proto) for each in self.elements if hasattr(each, "proto") and each.type not in PLAIN]

    @property
    def charts(self) -> dict[str, dict[str, Any]]:
        """Each chart's figure, by the key of its component."""
        return {
            each.key: json.loads(each.proto.json)  # type: ignore[attr-defined]
            for each in self.elements
            if each.type == "bidi_component"
        }

    @property
    def links(self) -> list[str]:
        return [each.proto.label for each in self.at.get("page_link")]

    def download(self, key: str) -> bytes:
        """What the browser gets when the button is pressed."""
        return bytes(self._downloaded(key).content)

    def download_name(self, key: str) -> str:
        """What the browser calls it."""
        return str(self._downloaded(key).filename)

    def _downloaded(self, key: str) -> Any:
        files = Files.latest
        url = files.execute_deferred(self.at.download_button(key=key).proto.deferred_file_id)
        return files._storage.get_file(url.rsplit("/", 1)[1])


class Files(MediaFileManager):
    """Remembers the one of the latest page."""

    latest: "Files"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        Files.latest = self


class Runner(LocalScriptRunner):
    """Shows errors as app.py does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_script_error = errors.script_error


def plain(text: str) -> str:
    """Without the stars of bold words, and the backslashes and invisible joiners of escaped names."""
    return text.replace("**", "").replace("\\", "").replace("\u2060", "")
