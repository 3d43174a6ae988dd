"""A clip's file as an answer."""

from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from models.errors import Unavailable
from service.http.bodiless import asks_for_head
from service.http.conditions import is_known
from service.http.fields import field
from service.http.problems import refusal


class MediaResponse(FileResponse):
    """A file in ranges of bytes; a range that cannot be answered is a problem document."""

    @classmethod
    def of(cls, path: Path, media_type: str, sha256: str, request: Request) -> Response:
        """The file, or 304 where the client has these bytes already."""
        # The name holds a hash of the bytes, so they never change; private, since galleries may be.
        headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
        if is_known(headers["ETag"], request.scope):
            return Response(status_code=304, headers=headers)
        return cls(path, media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette answers a range it cannot give with plain text; here that becomes a problem.

        Raises Unavailable where the file went since it was found, before anything of the answer is sent.
        """
        is_refused, held = False, list[Message]()

        async def watched(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                is_refused = message["status"] >= 400
                held.append(message)  # until the file is open, which it is when the first of its bytes come
            elif is_refused:
                await _refuse(held.pop(), scope, receive, send)
            else:
                for each in (*held, message):
                    await send(each)
                held.clear()

        try:
            await super().__call__({**scope, "method": "HEAD"} if asks_for_head(scope) else scope, receive, watched)
        except (FileNotFoundError, RuntimeError) as error:
            if Path(self.path).exists():
                raise
            raise Unavailable("the file was deleted meanwhile, or had to make room; ask again") from error


async def _refuse(start: Message, scope: Scope, receive: Receive, send: Send) -> None:
    asked = field(scope, b"range") or ""
    length = next((value.decode() for name, value in start["headers"] if name == b"content-range"), None)
    detail = f"found Range: {asked[:80]}, expected bytes within the file" + (f" ({length})" if length else "")
    answer = refusal(start["status"], detail, scope["path"], headers={"Content-Range": length} if length else None)
    await answer(scope, receive, send)
