"""Reruns over Streamlit's websocket, as a browser asks for them, without a browser that draws."""

import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks.page_subjects import Subject, alternate


def reruns(url: str, subject: Subject, comparison: str, clicks: int) -> list[float]:
    """Milliseconds from the request to the message that the script has run to its end."""
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as socket:
        groups = ask(socket, request(subject, comparison))
        widget = next(name for name in groups if name.endswith(f"-{subject.key}"))
        labels = [groups[widget][place] for place in subject.places]
        return alternate(clicks, lambda side: _click(socket, subject, comparison, widget, labels[side]))


def request(subject: Subject, comparison: str) -> BackMsg:
    """What a browser sends to have the page run."""
    message = BackMsg()
    message.rerun_script.page_name = subject.path
    if subject.path == "compare":
        message.rerun_script.query_string = f"comparison={comparison}"
    return message


def ask(socket: ClientConnection, message: BackMsg) -> dict[str, list[str]]:
    """Send, and read until the script has ended; returns the page's button groups: labels by id."""
    socket.send(message.SerializeToString())
    groups: dict[str, list[str]] = {}
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(socket.recv(30))
        if answer.WhichOneof("type") == "script_finished":
            return groups
        if answer.delta.new_element.WhichOneof("type") == "button_group":
            group = answer.delta.new_element.button_group
            groups[group.id] = [option.content for option in group.options]


def _click(socket: ClientConnection, subject: Subject, comparison: str, widget: str, label: str) -> float:
    message = request(subject, comparison)
    state = message.rerun_script.widget_states.widgets.add()
    state.id = widget
    state.string_array_value.data.append(label)
    time.sleep(0.1)  # the server is idle again, as it is between a person's clicks
    began = time.perf_counter()
    ask(socket, message)
    return 1000 * (time.perf_counter() - began)
