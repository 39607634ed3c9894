"""One file a kind of finding about the data; core.data.quality puts them together."""
