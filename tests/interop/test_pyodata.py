"""pyodata against the mock and against /api/v1: usage: test_pyodata.py MOCK-ROOT API-ROOT"""
import sys
import uuid

import pyodata
import requests
from pyodata.exceptions import HttpError


def check(condition, what):
    if not condition:
        raise SystemExit("pyodata: " + what)


def if_match(request, etag="*"):
    request.add_headers({"If-Match": etag})
    return request


def accepted(request, what):
    """Cloud Integration answers 202 where pyodata knows only 204."""
    try:
        request.execute()
    except HttpError as e:
        check(e.response.status_code == 202, "%s: %d" % (what, e.response.status_code))


def mock(root):
    books = pyodata.Client(root, requests.Session())
    sets = books.entity_sets
    check(len(sets.Books.get_entities().execute()) == 3, "read")
    check(sets.Books.get_entities().filter("Price gt 10M and Stock gt 0").count().execute() == 2, "filter and count")
    page = sets.Books.get_entities().filter("AuthorId eq 1").order_by("Price desc").top(1).count(inline=True).execute()
    check(page.total_count == 2 and page[0].Isbn == "100", "inline count")
    check(sets.Books.get_entity("100").nav("Author").execute().Name == "Ada (the first)", "navigation")
    author = sets.Authors.get_entity(1).expand("Books").execute()
    check(sorted(b.Isbn for b in author.Books) == ["100", "200"], "expand")
    made = sets.Books.create_entity().set(Isbn="4 (x)+y'z", Title="Ümlaut", Price=3, Stock=1, AuthorId=2, Version=1).execute()
    check(made.Isbn == "4 (x)+y'z", "create")
    if_match(sets.Books.update_entity(Isbn=made.Isbn)).set(Stock=77).execute()
    check(sets.Books.get_entity(made.Isbn).execute().Stock == 77, "update")
    check("10.0" in str(books.functions.Quote.parameter("Isbn", "100").execute()), "function of a number")
    check(len(books.functions.BooksOf.parameter("AuthorId", 1).execute()) == 2, "function of entities")
    batch, changes = books.create_batch(), books.create_changeset()
    batch.add_request(sets.Books.get_entity("300"))
    changes.add_request(sets.Books.create_entity().set(Isbn="500", Title="Batch", Price=1, Stock=1, Version=1))
    changes.add_request(if_match(sets.Books.update_entity("300")).set(Stock=8))
    batch.add_request(changes)
    read, changed = batch.execute()
    check(read.Stock == 9 and changed[0].Isbn == "500", "batch")
    check(sets.Books.get_entity("300").execute().Stock == 8, "change set")
    if_match(sets.Books.delete_entity(made.Isbn)).execute()
    try:
        sets.Books.get_entity(made.Isbn).execute()
        check(False, "a deleted entity was read")
    except HttpError as e:
        check(e.response.status_code == 404, "delete")


def api(root):
    session = requests.Session()
    session.auth = ("dev", "dev")
    token = session.get(root, headers={"X-CSRF-Token": "Fetch", "Accept": "application/json"}).headers.get("X-CSRF-Token")
    session.headers["X-CSRF-Token"] = token
    client = pyodata.Client(root, session)
    sets, name = client.entity_sets, "py" + uuid.uuid4().hex[:8]
    check(sets.IntegrationPackages.create_entity().set(Id=name, Name=name, ShortText="by pyodata").execute().Id == name, "create a package")
    check(sets.IntegrationPackages.get_entity(name).execute().ShortText == "by pyodata", "read a package")
    accepted(sets.IntegrationPackages.update_entity(name, method="PUT").set(Name=name, ShortText="changed"), "update a package")
    check(sets.IntegrationPackages.get_entity(name).execute().ShortText == "changed", "update a package")
    sets.MessageProcessingLogs.get_entities().filter("Status eq 'FAILED'").order_by("LogEnd desc").top(5).execute()
    try:
        client.functions.DeployIntegrationDesigntimeArtifact.parameter("Id", "none").parameter("Version", "active").execute()
        check(False, "what is not there was deployed")
    except HttpError as e:
        check(e.response.status_code == 404, "function: %d" % e.response.status_code)
    batch = client.create_batch()
    batch.add_request(sets.IntegrationPackages.get_entity(name))
    batch.add_request(sets.MessageProcessingLogs.get_entities().top(1))
    check(batch.execute()[0].Id == name, "batch")
    accepted(sets.IntegrationPackages.delete_entity(name), "delete a package")


mock(sys.argv[1])
api(sys.argv[2])
print("pyodata: passed")
