"""The pages and their files, as they are sent."""

import re
from collections.abc import Mapping
from gzip import decompress

import pytest
from starlette.testclient import TestClient

from service.routes.page import FOR_EVER, PAGES
from service.web.files import WEB, File, needed_by, read_all, version_of

ADDRESSES = sorted(re.sub(r"{\w+}", "1", address) for address in PAGES)


@pytest.fixture(scope="module")
def files() -> Mapping[str, File]:
    return read_all()


def test_comments_are_for_readers_of_the_files_and_are_not_sent(files: Mapping[str, File]) -> None:
    assert (WEB / "modules" / "dom.js").read_text().startswith("/**")
    assert [path for path, file in files.items() if re.search(rb"^ *(?:/\*|//)", file.content, re.MULTILINE)] == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_file_that_a_page_names_is_there_and_kept_for_ever(client: TestClient, address: str) -> None:
    page = client.get(f"{address}?gallery=demo&anything=goes")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    named = set(re.findall(r'"(/web/[^"#]+)', page.text))
    assert len(named) > 10
    assert {client.get(each).headers.get("cache-control") for each in named} == {FOR_EVER}


def test_no_page_has_a_script_or_style_within(client: TestClient) -> None:
    for address in ADDRESSES:
        text = client.get(address).text
        assert not re.findall(r"<style|<script(?![^>]* src=)|\sstyle=|\son[a-z]+=|javascript:", text), address


def test_a_page_is_asked_after_each_time(client: TestClient) -> None:
    for address in ("/", "/web/modules/api.js"):
        answer = client.get(address)
        assert answer.headers["cache-control"] == "no-cache"
        assert client.head(address).headers["etag"] == answer.headers["etag"]
        assert client.get(address, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_a_file_is_sent_compressed_to_whoever_takes_it_so(client: TestClient, files: Mapping[str, File]) -> None:
    address = "/web/style/base.css"
    plain = client.get(address, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", address, headers={"accept-encoding": "br, gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert decompress(raw) == plain.content == files["style/base.css"].content


def test_another_byte_anywhere_is_another_version(files: Mapping[str, File]) -> None:
    changed = {**files, "style/base.css": files["style/tokens.css"]}
    assert version_of(changed) != version_of(files)
    assert version_of(dict(files)) == version_of(files)


def test_all_that_a_module_imports_is_asked_for_at_once(files: Mapping[str, File]) -> None:
    needed = needed_by("modules/pages/search.js", files)
    assert needed[0] == "modules/pages/search.js"
    assert {"modules/api.js", "modules/key.js", "modules/refusal.js"} <= set(needed)
    assert len(needed) == len(set(needed))


@pytest.mark.parametrize("path", ["templates/base.html", "files.py", "../pages.py", "", "000000000000/style/base.css"])
def test_nothing_else_of_the_folder_is_answered(client: TestClient, path: str) -> None:
    assert client.get(f"/web/{path}").status_code == 404


def test_no_file_names_another_host(files: Mapping[str, File]) -> None:
    texts = {path: file.content.decode() for path, file in files.items()}
    texts |= {each.name: each.read_text() for each in (WEB / "templates").iterdir()}
    for path, text in texts.items():
        assert "://" not in text.replace("http://www.w3.org/2000/svg", ""), path
