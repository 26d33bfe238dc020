import json
from tests.flows.crm import body, path
from tests.flows.outlook import OLGA, connected, new_mailbox
from tests.people import Person
from sandbox.crm import token
async def test_probe(stack, agent):
    new_mailbox(stack)
    await agent.connect(OLGA)
    async with Person(stack, "crm", {"loc1": "service"}) as crm:
        cases = {
         "no offset": body(start="2027-01-31T09:00:00"),
         "date": body(start="2027-01-31"),
         "no zone": {k:v for k,v in body().items() if k!="timeZone"},
         "null zone": body(timeZone=None),
         "zone num": body(timeZone=1),
         "before": body(start="2027-01-31T09:00:00Z", end="2027-01-31T08:00:00Z"),
         "same": body(start="2027-01-31T09:00:00Z", end="2027-01-31T09:00:00Z"),
         "over24": body(start="2027-01-31T09:00:00Z", end="2027-02-01T09:00:01Z"),
         "1900": body(start="1900-01-31T09:00:00Z", end="1900-01-31T10:00:00Z"),
         "2200": body(start="2200-01-31T09:00:00Z", end="2200-01-31T10:00:00Z"),
         "year1": body(start="0001-01-01T00:00:00+14:00", end="0001-01-01T10:00:00Z"),
         "y9999": body(start="9999-12-31T23:00:00-14:00", end="9999-12-31T23:59:00-14:00"),
         "feb30": body(start="2027-02-30T09:00:00Z"),
         "25h": body(start="2027-02-20T25:00:00Z"),
         "unk zone": body(timeZone="Mars/Base"),
         "win zone": body(timeZone="W. Europe Standard Time"),
         "zone path": body(timeZone="../etc/passwd"),
         "zone long": body(timeZone="x"*10000),
         "zone empty": body(timeZone=""),
         "lower zone": body(timeZone="europe/berlin"),
         "unknown user": body(user="nobody"),
         "user odd": body(user="a b"),
         "long title": body(title="x"*10000),
         "blank": body(title="  \t "),
         "blank2": body(title="\u00a0\u2003"),
         "empty": body(title=""),
         "null title": body(title=None),
         "num title": body(title=7),
         "control": body(title="a\x00b"),
         "control2": body(title="a\x1bb"),
         "c1": body(title="a\x85\u2028b"),
         "bidi": body(title="a\u202eb"),
         "zero": body(title="\u200b"),
         "desc control": body(description="a\x00b"),
         "desc long": body(description="x"*16001),
         "loc long": body(location="x"*501),
         "surrogate": None,
         "num time": body(start=1800000000),
         "numtext": body(start="1800000000"),
         "bool time": body(start=True),
         "unknown": body(colour="x"),
         "missing": {k:v for k,v in body().items() if k!="title"},
         "kind": body()|{"calendar":{"id":"a","kind":"group"}},
         "calendar text": body()|{"calendar":"team1"},
         "cal missing": body()|{"calendar":{"id":"a"}},
         "cal extra": body()|{"calendar":{"id":"a","kind":"team","x":1}},
         "status": body(status="tentative"),
         "neg": body(version=-1), "bool": body(version=True), "float": body(version=1.5), "text": body(version="3"), "big": body(version=2**53),
         "1.0": body(version=1.0),
         "att": body(attendees=[{"name":"Carl"}]),
         "att2": body(attendees=[{"email":"carl"}]),
         "att3": body(attendees=[{"email":"a b@x.example"}]),
         "att4": body(attendees="carl@x.example"),
         "att5": body(attendees=[{"email":"c@x.example","name":"x"*201}]),
         "101": body(attendees=[{"email":f"c{n}@x.example"} for n in range(101)]),
         "invite": body(inviteAttendees="yes"),
         "invite1": body(inviteAttendees=1),
         "array": [], "arr": [body()], "str": "x", "null": None,
        }
        for name, b in cases.items():
            a = await crm.call("PUT", path("z-"+name.replace(" ","-")), content=json.dumps(b))
            j = a.json()
            print(f"{name:12} {a.status_code} {j.get('code')} | {j.get('detail')}" + (f" | {len(j['errors'])}" if j.get('errors') else ''))
        for raw in (b"", b"{", b"not json", b"\xff\xfe", json.dumps(body()).replace("Viewing","\\ud800").encode(), b"["*5000, b'{"title":"a","title":"b"}', json.dumps(body()).replace("Viewing","x"*70000).encode()):
            a = await crm.call("PUT", path("raw"), content=raw)
            j = a.json(); print("RAW", raw[:20], a.status_code, j.get("code"), "|", j.get("detail"))
        for odd in ("a b","a%2Fb","a%7Cb","x"*129,"x"*200,"%C3%A4","a%5Cb","a%23b","a%3Fb","a'b", "%00", "a\u00e4", ".", "..", "%2E%2E","a/b"):
            a = await crm.call("PUT", f"/locations/loc1/appointments/{odd}", json=body())
            print("ID", odd[:10], a.status_code, a.text[:200])
        for who in ({"loc2":"service"},{"loc2":"admin"}):
            async with Person(stack,"x",who) as o:
                a= await o.call("PUT", path("zz"), json=body()); print(who,a.status_code,a.text)
        async with Person(stack,"agent2",{"loc1":"agent"}) as o:
            a= await o.call("PUT", path("zz"), json=body()); print("other agent",a.status_code,a.text)
            a= await o.call("PUT", path("zz"), json=body(user="agent2")); print("other agent own unconnected",a.status_code,a.text)
