"""tidemill mock: a service from its EDMX alone; the protocol on rows, and /api/v1 in batches."""
import base64
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

import pytest

from client import SANITIZER, Answer, Server, basic, binary

M = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
D = "http://schemas.microsoft.com/ado/2007/08/dataservices"
EDMX = f"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="{M}"
 xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices m:DataServiceVersion="2.0">
<Schema Namespace="SHOP" Alias="Self" xmlns="http://schemas.microsoft.com/ado/2008/09/edm" sap:schema-version="1">
 <EntityType Name="Order"><Key><PropertyRef Name="Id"/></Key>
  <Property Name="Id" Type="Edm.Int32" Nullable="false" sap:label="Order"/>
  <Property Name="Ordered" Type="Edm.DateTime" Precision="0"/>
  <Property Name="Total" Type="Edm.Decimal" Precision="9" Scale="2"/>
  <Property Name="ShipTo" Type="Self.Address" Nullable="false"/>
  <Property Name="Version" Type="Edm.Int32" Nullable="false" ConcurrencyMode="Fixed"/>
  <NavigationProperty Name="Items" Relationship="Self.OrderItems" FromRole="o" ToRole="i"/>
  <NavigationProperty Name="Customer" Relationship="Self.CustomerOrders" FromRole="o" ToRole="c"/></EntityType>
 <EntityType Name="Item"><Key><PropertyRef Name="OrderId"/><PropertyRef Name="No"/></Key>
  <Property Name="OrderId" Type="Edm.Int32" Nullable="false"/><Property Name="No" Type="Edm.Int16" Nullable="false"/>
  <Property Name="Sku" Type="Edm.String" MaxLength="10"/><Property Name="Quantity" Type="Edm.Int64"/>
  <NavigationProperty Name="Order" Relationship="Self.OrderItems" FromRole="i" ToRole="o"/></EntityType>
 <EntityType Name="Customer"><Key><PropertyRef Name="Code"/></Key>
  <Property Name="Code" Type="Edm.String" Nullable="false" MaxLength="8"/><Property Name="Name" Type="Edm.String"/>
  <Property Name="Country" Type="Edm.String" MaxLength="2"/>
  <NavigationProperty Name="Orders" Relationship="SHOP.CustomerOrders" FromRole="c" ToRole="o"/></EntityType>
 <EntityType Name="Photo" m:HasStream="true"><Key><PropertyRef Name="PhotoId"/></Key>
  <Property Name="PhotoId" Type="Edm.Int32" Nullable="false"/><Property Name="FileName" Type="Edm.String"/></EntityType>
 <ComplexType Name="Address"><Property Name="City" Type="Edm.String"/><Property Name="Zip" Type="Edm.String" MaxLength="9"/></ComplexType>
 <Association Name="OrderItems"><End Type="Self.Order" Multiplicity="1" Role="o"/><End Type="Self.Item" Multiplicity="*" Role="i"/>
  <ReferentialConstraint><Principal Role="o"><PropertyRef Name="Id"/></Principal>
  <Dependent Role="i"><PropertyRef Name="OrderId"/></Dependent></ReferentialConstraint></Association>
 <Association Name="CustomerOrders"><End Type="Self.Customer" Multiplicity="0..1" Role="c"/>
  <End Type="Self.Order" Multiplicity="*" Role="o"/></Association>
</Schema>
<Schema Namespace="SHOP_C" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
 <EntityContainer Name="Shop" m:IsDefaultEntityContainer="true">
  <EntitySet Name="Orders" EntityType="SHOP.Order"/><EntitySet Name="Items" EntityType="SHOP.Item"/>
  <EntitySet Name="Customers" EntityType="SHOP.Customer" sap:deletable="false"/><EntitySet Name="Photos" EntityType="SHOP.Photo"/>
  <AssociationSet Name="A" Association="SHOP.OrderItems"><End EntitySet="Orders" Role="o"/><End EntitySet="Items" Role="i"/></AssociationSet>
  <AssociationSet Name="B" Association="SHOP.CustomerOrders"><End EntitySet="Customers" Role="c"/><End EntitySet="Orders" Role="o"/></AssociationSet>
  <FunctionImport Name="Quote" ReturnType="Edm.Decimal" m:HttpMethod="GET"><Parameter Name="sku" Type="Edm.String" Nullable="false"/></FunctionImport>
  <FunctionImport Name="OrdersOf" ReturnType="Collection(SHOP.Order)" EntitySet="Orders" m:HttpMethod="GET"><Parameter Name="minTotal" Type="Edm.Decimal"/></FunctionImport>
  <FunctionImport Name="TotalQuantity" ReturnType="Edm.Int64" m:HttpMethod="GET"/>
  <FunctionImport Name="AddItem" ReturnType="SHOP.Item" EntitySet="Items" m:HttpMethod="POST"><Parameter Name="orderId" Type="Edm.Int32" Nullable="false"/><Parameter Name="sku" Type="Edm.String"/></FunctionImport>
 </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""
DATA = {
    "Customers": [{"Code": "C1", "Name": "Ann & Co", "Country": "DE"}, {"Code": "C/2", "Name": None, "Country": "US"}],
    "Orders": [{"Id": i, "Ordered": f"/Date({1704067200000 + i * 86400000})/", "Total": f"{i}.50", "Version": 1,
                "ShipTo": {"City": "Berlin", "Zip": "10115"}, "Customer": {"__metadata": {"uri": "Customers('C1')"}},
                "Items": [{"No": k, "Sku": f"S{k}", "Quantity": str(9007199254740993 + k)} for k in (1, 2)]} for i in range(1, 13)],
    "Photos": [{"PhotoId": 1, "FileName": "a.png", "_content": base64.b64encode(b"PNG bytes").decode(), "_content_type": "image/png"}],
    "$functions": {"Quote": [{"parameters": {"sku": "A"}, "result": "10.00"}, {"result": "99.00"}]},
}


class Mock:
    def __init__(self, directory, *arguments, edmx=EDMX, data=DATA):
        (directory / "shop.edmx").write_text(edmx)
        if data is not None:
            (directory / "rows.json").write_text(json.dumps(data))
            arguments += ("--data", directory / "rows.json")
        self.log = open(directory / "log", "w+b")
        self.process = subprocess.Popen(
            [binary(), "mock", directory / "shop.edmx", "--listen", "127.0.0.1:0", "--page-size", "5", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=self.log)
        self.line = self.process.stdout.readline().decode()
        found = re.match(r"http://127.0.0.1:(\d+)(/\S*)/ serves", self.line)
        assert found, self.errors()
        self.port, self.root = int(found[1]), found[2]

    def errors(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def call(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {k if k.startswith("SAP_") else k.replace("_", "-"): v for k, v in headers.items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        headers.setdefault("Accept", "application/json")
        connection.request(method, self.root + "/" + urllib.parse.quote(path, safe="%/:=&?~#+!$,;'@()*[]"), body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def reset(self):
        assert self.get("Orders/$count", X_Reset="1").text == "12"

    def close(self):
        self.process.terminate()
        status = self.process.wait(20)
        self.process.stdout.close()
        text = self.errors()
        self.log.close()
        assert not SANITIZER.search(text), text[:6000]
        assert status == 0, text


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    m = Mock(tmp_path_factory.mktemp("mock"))
    yield m
    m.close()


def batch(*parts, boundary="b"):
    return "".join(f"--{boundary}\r\n{p}\r\n" for p in parts) + f"--{boundary}--\r\n"


def part(line, *headers, body="", mime=""):
    text = "".join(h + "\r\n" for h in headers)
    return f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{mime}\r\n{line} HTTP/1.1\r\n{text}\r\n{body}"


def changeset(*parts):
    return "Content-Type: multipart/mixed; boundary=c\r\n\r\n" + batch(*parts, boundary="c")


JSON = ("Content-Type: application/json", "Accept: application/json")


def statuses(answer):
    assert answer.status == 202, answer
    return [int(s) for s in re.findall(r"^HTTP/1.1 (\d+)", answer.text, re.M)]


# ---- reading ----
def test_documents(mock):
    answer = mock.call("GET", "$metadata", Accept="*/*")
    assert answer.status == 200 and 'sap:label="Order"' in answer.text and "tm:" not in answer.text
    assert mock.get("").d["EntitySets"] == ["Orders", "Items", "Customers", "Photos"]


def test_rows_are_tied(mock):
    mock.reset()
    order = mock.get("Orders(3)?$expand=Items,Customer/Orders").d
    assert [i["Sku"] for i in order["Items"]["results"]] == ["S1", "S2"]
    assert order["Items"]["results"][0]["Quantity"] == "9007199254740994"
    assert order["Customer"]["Name"] == "Ann & Co" and len(order["Customer"]["Orders"]["results"]) == 12
    assert mock.get("Customers('C%2F2')/Orders").results == []
    assert mock.get("Orders?$filter=Customer/Country eq 'DE' and ShipTo/City eq 'Berlin'&$inlinecount=allpages").d["__count"] == "12"


def test_pages(mock):
    mock.reset()
    seen, path = [], "Orders?$orderby=Total desc&$select=Id"
    while path:
        page = mock.get(path).d
        seen += [o["Id"] for o in page["results"]]
        if len(seen) == 5:  # does not shift what is to come
            assert mock.call("POST", "Orders", {"Id": 99, "Total": "999.00", "Version": 1, "ShipTo": {"City": "x"}}).status == 201
        path = page.get("__next", "").split(mock.root + "/")[-1] if "__next" in page else None
    assert seen == list(range(12, 0, -1))


# ---- writing ----
def test_deep_insert_and_links(mock):
    mock.reset()
    answer = mock.call("POST", "Orders", {"Version": 1, "ShipTo": {"City": "Leeds"}, "Customer": {"__metadata": {"uri": "Customers('C%2F2')"}},
                                          "Items": [{"No": 1, "Sku": "N"}]})
    assert answer.status == 201 and answer.d["Id"] == 13 and answer.header("Location").endswith("Orders(13)")
    assert answer.header("ETag") == 'W/"1"' and len(answer.d["Items"]["results"]) == 1
    assert mock.get("Orders(13)/Customer").d["Code"] == "C/2"
    assert mock.call("DELETE", "Orders(13)/$links/Customer").status == 204
    assert mock.get("Orders(13)/Customer").status == 404
    assert mock.call("POST", "Customers('C1')/$links/Orders", {"uri": "Orders(13)"}).status == 204
    assert mock.get("Orders(13)/Customer/Name").d == {"Name": "Ann & Co"}
    assert mock.call("DELETE", "Customers('C1')").status == 405
    lost = {"Code": "LOST", "Orders": [{"__metadata": {"uri": "Orders(999)"}}]}  # all or nothing
    assert mock.call("POST", "Customers", lost).status == 404 and mock.get("Customers('LOST')").status == 404


def test_atom(mock):
    mock.reset()
    body = (f'<entry xmlns="http://www.w3.org/2005/Atom" xmlns:m="{M}" xmlns:d="{D}">'
            f'<link rel="{D}/related/Customer" href="Customers(\'C1\')"/><link rel="{D}/related/Items"><m:inline><feed><entry>'
            '<content type="application/xml"><m:properties><d:No>4</d:No><d:Quantity>5</d:Quantity></m:properties></content></entry></feed>'
            '</m:inline></link><content type="application/xml"><m:properties><d:Id>50</d:Id><d:Total m:null="true"/><d:Version>3</d:Version>'
            '<d:ShipTo><d:City>A&amp;B</d:City></d:ShipTo></m:properties></content></entry>')
    answer = mock.call("POST", "Orders", body, Content_Type="application/atom+xml")
    assert answer.status == 201 and answer.d["ShipTo"]["City"] == "A&B" and answer.d["Total"] is None
    assert mock.get("Orders(50)/Items(OrderId=50,No=4)/Quantity/$value").text == "5"
    assert mock.get("Orders(50)/Customer/Code/$value").text == "C1"
    entry = mock.get("Orders(50)", Accept="application/atom+xml").text
    assert 'm:etag="W/&quot;3&quot;"' in entry and "<d:City>A&amp;B</d:City>" in entry
    for bad in ("<entry/>x", body.replace("d:Id", "d:Nope"), '<!DOCTYPE a [<!ENTITY e "x">]>' + body, "<feed/>"):
        assert mock.call("POST", "Orders", bad, Content_Type="application/atom+xml").status == 400


def test_etags(mock):
    mock.reset()
    tag = mock.get("Orders(1)").header("ETag")
    assert tag == 'W/"1"' and mock.get("Orders?$top=1").header("ETag") is None
    assert mock.get("Orders(1)", If_None_Match=tag).status == 304
    assert mock.call("PATCH", "Orders(1)", {"Total": "5.00"}).status == 428
    changed = mock.call("PATCH", "Orders(1)", {"Total": "5.00"}, If_Match=tag)
    assert changed.status == 204 and changed.header("ETag") == 'W/"2"'
    assert mock.call("PATCH", "Orders(1)", {"Total": "6.00"}, If_Match=tag).status == 412
    assert mock.call("DELETE", "Orders(1)/Total/$value", If_Match="*").status == 204
    assert mock.get("Orders(1)").d["__metadata"]["etag"] == 'W/"3"'
    assert mock.call("DELETE", "Orders(1)", If_Match='W/"9", W/"3"').status == 204


def test_media(mock):
    mock.reset()
    assert mock.get("Photos(1)").d["__metadata"]["content_type"] == "image/png"
    assert mock.get("Photos(1)/$value").body == b"PNG bytes"
    part_of = mock.get("Photos(1)/$value", Range="bytes=4-")
    assert (part_of.status, part_of.body, part_of.header("Content-Range")) == (206, b"bytes", "bytes 4-8/9")
    large = os.urandom(3 << 20)
    made = mock.call("POST", "Photos", large, Content_Type="image/jpeg", Slug="caf%C3%A9.jpg")
    assert made.status == 201 and made.d["FileName"] == "café.jpg" and made.d["PhotoId"] == 2
    assert mock.get("Photos(2)/$value").body == large and mock.get("Photos(2)/$value").header("Content-Type") == "image/jpeg"
    assert mock.call("PUT", "Photos(2)/$value", b"small", Content_Type="text/plain").status == 204
    assert mock.get("Photos(2)/$value").body == b"small"
    assert mock.call("DELETE", "Photos(2)/$value").status == 204 and mock.get("Photos(2)").status == 404


# ---- batches ----
def test_batch(mock):
    mock.reset()
    body = batch(
        part("GET Orders(1)?$format=json"),
        changeset(part("POST Orders", *JSON, "Content-ID: id-1-1", body='{"Id":70,"Version":1,"ShipTo":{}}'),
                  part("POST $id-1-1/Items", *JSON, body='{"No":1,"Sku":"x"}'),
                  part("MERGE $id-1-1", *JSON, "If-Match: *", body='{"Total":"7.00"}')),
        part("GET /Orders(70)/Items/$count"),
        changeset(part("DELETE Orders(2)", "If-Match: *"), part("POST Orders", *JSON, body='{"Id":70,"Version":1,"ShipTo":{}}')),
        part("GET " + f"http://127.0.0.1:{mock.port}{mock.root}/Orders(2)/Id/$value"))
    answer = mock.call("POST", "$batch", body, Content_Type="multipart/mixed; boundary=b")
    assert statuses(answer) == [200, 201, 201, 204, 200, 409, 200]
    assert answer.header("DataServiceVersion") and "Content-Id: id-1-1" in answer.text
    assert mock.get("Orders(70)").d["Total"] == "7.00"


def test_large_batch(mock):
    mock.reset()
    answer = mock.call("POST", "$batch", batch(*[part("GET Orders?$expand=Items&$format=json")] * 500), Content_Type="multipart/mixed; boundary=b")
    assert statuses(answer) == [200] * 500


def test_batch_on_the_management_api():
    server = Server()
    try:
        def package(name, **fields):
            return part("POST IntegrationPackages", *JSON, body=json.dumps({"Id": name, "Name": name, "ShortText": "s", **fields}))

        def send(body):
            return server.raw("POST", "/api/v1/$batch", body, Content_Type="multipart/mixed; boundary=b", Authorization=server.bearer())

        answer = send(batch(part("GET IntegrationPackages?$format=json"), changeset(package("one"), package("two")),
                            part("GET IntegrationPackages('two')/Name/$value")))
        assert statuses(answer) == [200, 201, 201, 200]
        answer = send(batch(changeset(package("three"), package("one"))))
        assert [s >= 400 for s in statuses(answer)] == [True]
        assert server.get("/IntegrationPackages('three')").status == 404
        assert server.get("/IntegrationPackages('two')").status == 200
    finally:
        server.close()


# ---- functions ----
def test_functions(mock):
    mock.reset()
    assert mock.get("Quote?sku='A'").d == {"Quote": "10.00"}
    assert mock.get("Quote?sku='B'").d == {"Quote": "99.00"}
    assert mock.get("Quote/$value?sku='A'", Accept="*/*").text == "10.00"
    assert mock.get("Quote").status == 400 and mock.call("POST", "Quote?sku='A'").status == 405
    assert [o["Id"] for o in mock.get("OrdersOf?minTotal=11M&$orderby=Id").results] == [11, 12]
    assert mock.get("OrdersOf/$count?minTotal=2.5M").text == "11"
    assert mock.get("TotalQuantity").d["TotalQuantity"] == str(12 * (2 * 9007199254740993 + 3))
    made = mock.call("POST", "AddItem?orderId=5&sku='NEW'")
    assert made.status == 200 and (made.d["OrderId"], made.d["No"], made.d["Sku"]) == (5, 3, "NEW")
    assert mock.call("POST", "AddItem?orderId=500").status == 404


# ---- what is missing is named ----
def test_functions_of_types(mock):
    mock.reset()
    every, none = list(range(1, 13)), []
    for condition, expected in (
            ("isof('SHOP.Order')", every), ("isof('SHOP.Item')", none), ("not isof('SHOP.Customer')", every),
            ("isof(Id,'Edm.Int32')", every), ("isof(Id,'Edm.Int64')", none), ("isof(Total,'Edm.Decimal') and Id le 2", [1, 2]),
            ("isof(Customer,'SHOP.Customer') and Id eq 3", [3]), ("isof(ShipTo,'SHOP.Address') and Id eq 3", [3]), ("isof(null,'Edm.String')", none),
            ("cast(Id,'Edm.Int64') eq 4L", [4]), ("cast(Total,'Edm.Int32') eq 4", [4]), ("cast(Total,'Edm.Double') eq 4.5d", [4]),
            ("cast(Id,'Edm.Decimal') div 4 eq 2.5M", [10]), ("cast(Id mul 100,'Edm.Byte') gt 0", [1, 2]), ("cast(null,'Edm.Int32') eq null and Id eq 1", [1]),
            ("cast('SHOP.Order')/Id eq 5", [5]), ("cast('SHOP.Order')/Customer/Name eq 'Ann %26 Co' and Id eq 5", [5]), ("cast('SHOP.Order') ne null and Id lt 2", [1]),
            ("cast(Customer,'SHOP.Customer')/Country eq 'DE' and Id eq 5", [5]), ("cast(ShipTo,'SHOP.Address')/City eq 'Berlin' and Id eq 6", [6])):
        got, path = [], f"Orders?$filter={condition}"
        while path:
            page = mock.get(path)
            assert page.status == 200, (condition, page)
            got += [o["Id"] for o in page.results]
            path = page.d["__next"].split(mock.root + "/")[-1] if "__next" in page.d else None
        assert got == expected, condition
    assert mock.get("Orders?$orderby=cast(Id,'Edm.Double') desc&$top=1").results[0]["Id"] == 12
    for bad in ("isof('SHOP.Nope')", "isof()", "isof(Id)", "isof(Id,Id)", "isof(Id,'Edm.Int32',1)", "cast(Id,'Edm.Int64')", "cast(Id,'Edm.Guid') eq null",
                "cast('SHOP.Item') eq null", "cast('SHOP.Order')/Nope eq 1", "cast(Id,'Edm.Int64')/Nope eq 1", "isof(Items,'SHOP.Item')"):
        assert mock.get(f"Orders?$filter={bad}").status == 400, bad


MANY = EDMX.replace('<End Type="Self.Customer" Multiplicity="0..1" Role="c"/>', '<End Type="Self.Customer" Multiplicity="*" Role="c"/>')
MANY = MANY.replace("<Association Name=\"OrderItems\">", """<Association Name="Sees"><End Type="Self.Item" Multiplicity="*" Role="from"/>
  <End Type="Self.Item" Multiplicity="*" Role="to"/></Association><Association Name="Twins"><End Type="Self.Order" Multiplicity="0..1" Role="x"/>
  <End Type="Self.Order" Multiplicity="0..1" Role="y"/></Association><Association Name="OrderItems">""")
MANY = MANY.replace('<NavigationProperty Name="Order" ', '<NavigationProperty Name="Sees" Relationship="Self.Sees" FromRole="from" ToRole="to"/>'
                    '<NavigationProperty Name="SeenBy" Relationship="Self.Sees" FromRole="to" ToRole="from"/><NavigationProperty Name="Order" ')
MANY = MANY.replace('<NavigationProperty Name="Items" ', '<NavigationProperty Name="Twin" Relationship="Self.Twins" FromRole="x" ToRole="y"/>'
                    '<NavigationProperty Name="TwinOf" Relationship="Self.Twins" FromRole="y" ToRole="x"/><NavigationProperty Name="Items" ')


def bound(*uris):
    return [{"__metadata": {"uri": u}} for u in uris]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Neither side holds the other's key: the pairs stand in a table of links."""
    rows = {"Customers": [{"Code": c, "Name": n, "Country": "DE"} for c, n in (("C1", "Ann"), ("C2", "Bob"), ("C/3", "Cid"))],
            "Orders": [{"Id": i, "Version": 1, "ShipTo": {}, "Customer": bound("Customers('C1')", "Customers('C%2F3')")[:i],
                        "Items": [{"No": 1, "Sku": "a"}, {"No": 2, "Sku": "b"}]} for i in (0, 1, 2)]}
    m = Mock(tmp_path_factory.mktemp("many"), edmx=MANY, data=rows)
    yield m
    m.close()


def codes(answer):
    return [c["Code"] for c in answer.results]


def ids(answer):
    return [o["Id"] for o in answer.results]


def test_many_to_many_is_read(many):
    assert codes(many.get("Orders(2)/Customer", X_Reset="1")) == ["C/3", "C1"]
    assert codes(many.get("Orders(0)/Customer")) == [] and many.get("Orders(9)/Customer").status == 404
    assert ids(many.get("Customers('C1')/Orders")) == [1, 2] and ids(many.get("Customers('C%2F3')/Orders")) == [2]
    assert many.get("Customers('C1')/Orders/$count").text == "2"
    assert ids(many.get("Customers('C1')/Orders?$filter=Id gt 1&$inlinecount=allpages")) == [2]
    assert ids(many.get("Customers('C1')/Orders?$orderby=Id desc&$top=1")) == [2]
    assert many.get("Orders(2)/Customer('C1')/Name").d == {"Name": "Ann"} and many.get("Orders(2)/Customer('C2')").status == 404
    assert [u["uri"].rsplit("/", 1)[1] for u in many.get("Orders(2)/$links/Customer").d] == ["Customers('C%2F3')", "Customers('C1')"]
    assert many.get("Orders(2)/$links/Customer('C2')").status == 404
    got = many.get("Orders?$expand=Customer/Orders&$orderby=Id").results
    assert [[(c["Code"], [o["Id"] for o in c["Orders"]["results"]]) for c in o["Customer"]["results"]] for o in got] == [
        [], [("C1", [1, 2])], [("C/3", [2]), ("C1", [1, 2])]]
    assert many.get("Orders?$filter=Customer/Name eq 'Ann'").status == 400  # to many


def test_many_to_many_is_written(many):
    assert many.get("Orders(0)", X_Reset="1").status == 200
    for _ in range(2):  # tied once
        assert many.call("POST", "Customers('C2')/$links/Orders", {"uri": "Orders(0)"}).status == 204
    assert codes(many.get("Orders(0)/Customer")) == ["C2"]
    assert many.call("PUT", "Orders(0)/$links/Customer('C2')", {"uri": "Customers('C1')"}).status == 204
    assert codes(many.get("Orders(0)/Customer")) == ["C1"]
    assert many.call("PUT", "Orders(0)/$links/Customer('C2')", {"uri": "Customers('C1')"}).status == 404
    assert many.call("POST", "Orders(0)/$links/Customer", {"uri": "Customers('nobody')"}).status == 404
    assert many.call("POST", "Orders(9)/$links/Customer", {"uri": "Customers('C1')"}).status == 404
    assert many.call("DELETE", "Orders(0)/$links/Customer('C1')").status == 204
    assert many.call("DELETE", "Orders(0)/$links/Customer('C1')").status == 404
    assert codes(many.get("Orders(0)/Customer")) == [] and ids(many.get("Customers('C1')/Orders")) == [1, 2]
    # a new one below a parent, with nested and with named ones
    made = many.call("POST", "Orders(0)/Customer", {"Code": "N1"})
    assert made.status == 201 and ids(many.get("Customers('N1')/Orders")) == [0]
    made = many.call("POST", "Orders", {"Id": 7, "Version": 1, "ShipTo": {}, "Customer": [{"Code": "N2"}, *bound("Customers('C2')")]})
    assert made.status == 201 and [c["Code"] for c in made.d["Customer"]["results"]] == ["C2", "N2"]
    assert many.call("POST", "Orders", {"Id": 8, "Version": 1, "ShipTo": {}, "Customer": bound("Customers('nobody')")}).status == 404
    assert many.get("Orders(8)").status == 404
    # who goes leaves no pair behind
    assert many.call("DELETE", "Orders(7)", If_Match="*").status == 204
    assert many.call("POST", "Orders", {"Id": 7, "Version": 1, "ShipTo": {}}).status == 201
    assert codes(many.get("Orders(7)/Customer")) == []
    changes = batch(changeset(part("POST Customers('C2')/$links/Orders", *JSON, body='{"uri":"Orders(7)"}'), part("DELETE Orders(9)", "If-Match: *")))
    assert statuses(many.call("POST", "$batch", changes, Content_Type="multipart/mixed; boundary=b")) == [404]
    assert codes(many.get("Orders(7)/Customer")) == []


def test_links_within_one_set(many):
    """With keys of several parts, and a direction."""
    assert many.get("Orders(0)", X_Reset="1").status == 200
    for other in ("Items(OrderId=1,No=2)", "Items(OrderId=2,No=1)"):
        assert many.call("POST", "Items(OrderId=1,No=1)/$links/Sees", {"uri": other}).status == 204
    assert [(i["OrderId"], i["No"]) for i in many.get("Items(OrderId=1,No=1)/Sees").results] == [(1, 2), (2, 1)]
    assert many.get("Items(OrderId=1,No=1)/SeenBy").results == []
    got = many.get("Items?$expand=SeenBy,Sees&$filter=OrderId eq 1").results
    assert [(len(i["Sees"]["results"]), len(i["SeenBy"]["results"])) for i in got] == [(2, 0), (0, 1)]
    # one to one: a partner is taken from whom had it
    assert many.call("PUT", "Orders(0)/$links/Twin", {"uri": "Orders(1)"}).status == 204
    assert many.get("Orders(0)/Twin/Id").d == {"Id": 1} and many.get("Orders(1)/TwinOf/Id").d == {"Id": 0}
    assert many.call("PUT", "Orders(2)/$links/Twin", {"uri": "Orders(1)"}).status == 204
    assert many.get("Orders(0)/Twin").status == 404 and ids(many.get("Orders?$filter=Twin/Id eq 1")) == [2]
    assert many.call("MERGE", "Orders(2)", {"Twin": bound("Orders(0)")[0]}, If_Match="*").status == 204
    assert many.get("Orders(0)/TwinOf/Id").d == {"Id": 2} and many.get("Orders(1)/TwinOf").status == 404
    assert many.get("Orders(2)?$expand=Twin").d["Twin"]["Id"] == 0
    assert many.call("DELETE", "Orders(2)/$links/Twin").status == 204 and many.get("Orders(2)/Twin").status == 404


def test_made_up_links(tmp_path_factory):
    m = Mock(tmp_path_factory.mktemp("made"), edmx=MANY, data=None)
    try:
        tied = [c["Orders"]["results"] for c in m.get("Customers?$expand=Orders").results]
        assert len(tied) == 5 and all(1 <= len(t) <= 2 for t in tied)
    finally:
        m.close()


def test_long_keys(tmp_path_factory):
    names = [f"K{i}" for i in range(20)]
    wide = "".join(f'<PropertyRef Name="{n}"/>' for n in names)
    wide = (f'<EntityType Name="Wide"><Key>{wide}</Key>' + "".join(f'<Property Name="{n}" Type="Edm.Int32" Nullable="false"/>' for n in names)
            + '<Property Name="Text" Type="Edm.String"/></EntityType><EntityType Name="Photo"')
    edmx = EDMX.replace('<EntityType Name="Photo"', wide).replace('<EntitySet Name="Items"', '<EntitySet Name="Wides" EntityType="SHOP.Wide"/><EntitySet Name="Items"')
    m = Mock(tmp_path_factory.mktemp("wide"), edmx=edmx, data={"Wides": [{**dict.fromkeys(names, 7), "Text": "far"}]})
    try:
        path = "Wides(" + ",".join(f"{n}=7" for n in names) + ")"
        assert m.get(path).d["Text"] == "far" and m.get(path.replace("K3=7", "K3=8")).status == 404
        assert m.call("MERGE", path, {"Text": "near"}).status == 204 and m.get(path + "/Text").d == {"Text": "near"}
        assert m.call("DELETE", path).status == 204
    finally:
        m.close()


# ---- other ways to run it ----
def test_made_up_rows(tmp_path_factory):
    def rows(*arguments):
        m = Mock(tmp_path_factory.mktemp("made"), *arguments, data=None)
        try:
            page = m.get("Orders?$expand=Items,Customer&$top=3")
            assert page.status == 200 and len(page.results) == 3
            assert all(o["Items"]["results"] and o["Customer"]["Country"] for o in page.results)
            assert m.get("Photos(1)/$value").body
            return re.sub(r"127.0.0.1:\d+", "", page.text)
        finally:
            m.close()
    assert rows() == rows() != rows("--seed", "2")


def test_gateway(tmp_path_factory):
    m = Mock(tmp_path_factory.mktemp("gateway"), "--basis", "gateway", "--path", "/sap/opu/odata/sap/SHOP/")
    try:
        assert m.root == "/sap/opu/odata/sap/SHOP"
        order = {"Id": 30, "Version": 1, "ShipTo": {}}
        refused = m.call("POST", "Orders", order)
        assert refused.status == 403 and refused.header("x-csrf-token") == "Required"
        fetched = m.call("HEAD", "", X_CSRF_Token="Fetch")
        token = fetched.header("x-csrf-token")
        assert "SAP_SESSIONID" in fetched.cookies
        assert m.call("POST", "Orders", order, X_CSRF_Token=token).status == 403
        assert m.call("POST", "Orders", order, X_CSRF_Token=token, Cookie=fetched.cookies).status == 201
        assert m.get("Orders", Authorization=basic("a", "b")).status == 401
        assert m.get("Orders", Authorization=basic("dev", "dev")).status == 200
        assert m.get("Orders(1)/$links/Items").d["results"]
        assert "innererror" in m.get("Orders(999)").error
        assert 'Unknown function "isof"' in m.get("Orders?$filter=isof('SHOP.Order')").error["message"]["value"]
    finally:
        m.close()


def test_rows_that_stay_and_records(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stay")
    for expected in (12, 11):
        m = Mock(directory, "--store", directory / "store", "--record", "--user", "u:p")
        try:
            assert m.get("Orders").status == 401
            assert m.get("Orders/$count", Authorization=basic("u", "p")).text == str(expected)
            m.call("DELETE", "Orders(1)", Authorization=basic("u", "p"), If_Match="*")
        finally:
            m.close()
    lines = [json.loads(line) for line in (directory / "shop.record.jsonl").read_text().splitlines()]
    assert [line["request"]["method"] for line in lines] == ["GET", "DELETE"]
    assert lines[0]["expect"]["body"] == [{"op": "eq", "value": "11"}] and "Authorization" not in json.dumps(lines)


def test_entities_that_are_there_twice(tmp_path_factory):
    """As in answers with $expand, put together."""
    m = Mock(tmp_path_factory.mktemp("twice"), data={
        "Orders": {"d": {"results": [{"__metadata": {"uri": "x", "type": "SHOP.Order"}, "Id": 1, "Version": 1, "ShipTo": {"City": "a"}}]}},
        "Items": [{"OrderId": 1, "No": 1, "Sku": "one"}],
        "Customers": [{"Code": "C1", "Name": "n", "Orders": {"results": [
            {"Id": 1, "Total": "5.00", "Items": {"results": [{"OrderId": 1, "No": 1, "Quantity": "7"}]},
             "Customer": {"__deferred": {"uri": "http://x/Orders(1)/Customer"}}}]}}]})
    try:
        order = m.get("Orders(1)?$expand=Customer,Items").d
        assert (order["Total"], order["ShipTo"]["City"], order["Customer"]["Name"]) == ("5.00", "a", "n")
        assert [(i["Sku"], i["Quantity"]) for i in order["Items"]["results"]] == [("one", "7")]
    finally:
        m.close()


@pytest.mark.parametrize("change, word", [
    ({"Nope": []}, "neither an entity set"), ({"Orders": 5}, "no list"), ({"Orders": [{"Id": "x"}]}, "entity 1"),
    ({"Orders": [{"Total": "1"}]}, "Id"), ({"Photos": [{"PhotoId": 1, "_content": "*"}]}, "base64")])
def test_wrong_data_is_named(tmp_path, change, word):
    (tmp_path / "s.edmx").write_text(EDMX)
    (tmp_path / "d.json").write_text(json.dumps(change))
    done = subprocess.run([binary(), "mock", tmp_path / "s.edmx", "--data", tmp_path / "d.json", "--listen", "127.0.0.1:0"],
                          capture_output=True, timeout=30)
    assert done.returncode != 0 and word in done.stderr.decode()


def test_large_service(tmp_path_factory):
    types = "".join(f'<EntityType Name="T{i}"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/>'
                    f'<Property Name="P" Type="Edm.Decimal"/><NavigationProperty Name="Next" Relationship="N.A{i}" FromRole="a" ToRole="b"/>'
                    f'</EntityType><Association Name="A{i}"><End Type="N.T{i}" Multiplicity="*" Role="a"/>'
                    f'<End Type="N.T{(i + 1) % 1000}" Multiplicity="0..1" Role="b"/></Association>' for i in range(1000))
    sets = "".join(f'<EntitySet Name="S{i}" EntityType="N.T{i}"/>' for i in range(1000))
    edmx = (f'<Edmx><DataServices><Schema Namespace="N">{types}<EntityContainer Name="C">{sets}</EntityContainer></Schema>'
            '</DataServices></Edmx>')
    m = Mock(tmp_path_factory.mktemp("large"), edmx=edmx, data=None)
    try:
        assert len(m.get("").d["EntitySets"]) == 1000
        assert m.get("S7?$expand=Next/Next&$top=1").results[0]["Next"]["Next"]["__metadata"]["type"] == "N.T9"
    finally:
        m.close()


# ---- all that the protocol's page says ----
def vectors():
    spec = os.environ.get("TIDEMILL_ODATA_SPEC")
    return pathlib.Path(spec) if spec and (pathlib.Path(spec) / "tools" / "runvectors.py").exists() else None


@pytest.mark.parametrize("basis", ["olingo", "gateway"])
def test_vectors(basis, tmp_path_factory):
    spec = vectors()
    if not spec:
        pytest.skip("TIDEMILL_ODATA_SPEC names no folder with the vectors")
    reference = spec / "reference"
    m = Mock(tmp_path_factory.mktemp("vectors"), "--basis", basis, "--page-size", "100",
             edmx=(reference / "reference.edmx").read_text(), data=json.loads((reference / "reference.data.json").read_text()))
    try:
        done = subprocess.run([sys.executable, str(spec / "tools" / "runvectors.py"), f"http://127.0.0.1:{m.port}{m.root}/", "--file",
                               str(spec / "vectors.jsonl"), "--basis", "gateway" if basis == "gateway" else "olingo,designed,grammar"],
                              capture_output=True, text=True, timeout=100)
        if "No module named 'lxml'" in done.stderr:
            pytest.skip("the vectors' runner needs python3-lxml")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    finally:
        m.close()
