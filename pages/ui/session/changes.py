"""What others change in what is open is seen within two seconds, without a touch.

A page asks once a second how often its project was changed, by an address of its own: one short query, and no run of the
script. Where the number is another one it presses a button that nobody sees, and the page is drawn anew; not while something
is being typed, which would be lost, and what is saved then is compared with what was seen.
"""

from __future__ import annotations

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pages.ui.session import projects, session, storage

_LOOK = """<style>.st-key-follows { display: none }</style><script>
if (!window.looksForNewer) {
  window.looksForNewer = true;
  let typing = null, asked = "";
  const text = ({ tagName, type }) =>
    tagName === "TEXTAREA" || (tagName === "INPUT" && !["checkbox", "radio", "range", "file"].includes(type));
  const busy = () => (typing && typing.isConnected)
    || document.hidden || document.querySelector("[data-testid='stApp']")?.dataset.testScriptState === "running";
  document.addEventListener("input", ({ target }) => { if (text(target)) typing = target; }, true);
  document.addEventListener("focusout", () => { typing = null; }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") typing = null;
  }, true);
  setInterval(async () => {
    const seen = document.querySelector("[data-changes]");
    if (!seen || busy()) return;
    try {
      const answer = await fetch(`changes/${seen.dataset.of}`, { cache: "no-store" });
      const now = answer.ok ? await answer.text() : seen.dataset.changes;
      if (now === seen.dataset.changes || now === asked || !seen.isConnected || busy()) return;
      asked = now;  // once: where it cannot be drawn, it is not tried every second
      document.querySelector(".st-key-newer button")?.click();
    } catch { /* the server is away; Streamlit says so */ }
  }, 1000);
}
</script>"""


def look() -> None:
    """Take down how often what is open was changed by now. Call it before any of it is read: what comes later is newer."""
    project = projects.open_project() if session.current().greeted else None
    session.current().changes_seen = None if project is None else (project, storage.n_changes(project))


def follow() -> None:
    """Nothing to see: from now on the page looks for what is newer than what it shows."""
    project, held = projects.open_project(), session.current()
    if project is None:
        return
    if held.changes_seen is None or held.changes_seen[0] != project:  # opened in this run
        held.changes_seen = project, storage.n_changes(project)
    with st.container(key="follows"):
        st.button("Show what was changed", key="newer")
        st.html(f'<div data-of="{storage.view_key(project)}" data-changes="{held.changes_seen[1]}"></div>')
        st.html(_LOOK, unsafe_allow_javascript=True)


async def _answer(request: Request) -> Response:
    """How often a project was changed, for whoever may look at it."""
    number = await run_in_threadpool(storage.n_changes_viewed, request.path_params["key"])
    return PlainTextResponse(str(number), headers={"Cache-Control": "no-store"})


ROUTE = Route("/changes/{key:str}", _answer)
