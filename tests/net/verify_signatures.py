#!/usr/bin/env python3
"""What we sign, held against verifiers that others wrote: SigV4 of each
request of route53 against npm's aws4 and @smithy/signature-v4, the JWT of
googlecloud against npm's jsonwebtoken.

Needs npm and its registry, once: `make verify-signatures`, not `make check`.
"""

import json
import os
import shutil
import subprocess

import notify_lab
from inside import is_inside, skip
from notify_lab import TOP, Notify
from test_engine import AWS, Api, account, job, route53_calls

FOLDER = os.path.join(os.path.abspath(TOP), "tests", "npm")
PACKAGES = ("aws4@1", "@smithy/signature-v4@5", "@aws-crypto/sha256-js@5",
            "jsonwebtoken@9")
VERIFY = """
const aws4 = require("aws4"), jwt = require("jsonwebtoken");
const { SignatureV4 } = require("@smithy/signature-v4");
const { Sha256 } = require("@aws-crypto/sha256-js");
const { keys, calls, form, pub } = JSON.parse(
    require("fs").readFileSync(0, "utf8"));
const region = "us-east-1", service = "route53";

function byAws4(c, headers, signed) {
    const s = new aws4.RequestSigner({
        host: c.headers.host, path: c.target, method: c.method,
        headers: { ...headers }, body: c.body || undefined, region, service,
    }, keys);
    s.prepareRequest();
    // It adds headers of its own: those that were signed count.
    for (const h of Object.keys(s.request.headers))
        if (!signed.includes(h.toLowerCase())) delete s.request.headers[h];
    return s.signature();
}

async function bySmithy(c, headers, signed) {
    const url = new URL("http://host" + c.target);
    const t = /(....)(..)(..)T(..)(..)(..)Z/.exec(c.headers["x-amz-date"]);
    const s = new SignatureV4({
        credentials: keys, region, service, sha256: Sha256,
        applyChecksum: signed.includes("x-amz-content-sha256") });
    const r = await s.sign({
        method: c.method, protocol: "http:", hostname: c.headers.host,
        path: url.pathname, query: Object.fromEntries(url.searchParams),
        headers: { ...headers }, body: c.body || undefined,
    }, { signingDate: new Date(Date.UTC(t[1], t[2] - 1, ...t.slice(3))),
         signableHeaders: new Set(signed) });
    return /Signature=(\\w+)/.exec(r.headers.authorization)[1];
}

(async () => {
    for (const c of calls) {
        const auth = c.headers.authorization;
        const signed = /SignedHeaders=([^,]+)/.exec(auth)[1].split(";");
        const ours = /Signature=(\\w+)/.exec(auth)[1], headers = {};
        for (const h of signed) headers[h] = c.headers[h];
        if (byAws4(c, headers, signed) !== ours)
            throw Error("aws4 differs: " + c.target);
        delete headers["x-amz-date"];
        if (await bySmithy(c, headers, signed) !== ours)
            throw Error("@smithy/signature-v4 differs: " + c.target);
    }
    const token = new URLSearchParams(form).get("assertion");
    jwt.verify(token, pub, { algorithms: ["RS256"],
        audience: "https://oauth2.googleapis.com/token" });
    console.log(calls.length + " requests and a token are as they should be");
})().catch(e => { console.error(e); process.exit(1); });
"""


def install():
    if not shutil.which("npm"):
        skip("npm is not installed")
    os.makedirs(FOLDER, exist_ok=True)
    got = subprocess.run(["npm", "i", "--silent", "--no-audit", "--no-fund",
                          "--prefix", FOLDER, *PACKAGES], timeout=300,
                         check=False)
    if got.returncode:
        skip("npm's registry cannot be reached")


def token_of_googlecloud(directory):
    def openssl(*command, text=""):
        return subprocess.run(["openssl", *command], input=text, text=True,
                              capture_output=True, check=True).stdout

    key = openssl("genrsa", "2048")
    path = os.path.join(directory, "account.json")
    with open(path, "w", encoding="utf-8") as f:
        os.fchmod(f.fileno(), 0o600)
        json.dump({"client_email": "me@example.org", "private_key": key}, f)
    api = Api(lambda *a: (404, "{}"))
    with Notify(directory, account("googlecloud", api.port, "project = p "
                                   f'key-file = "{path}"')) as n:
        n.do(60, **job())
    return api.calls[0][3].decode(), openssl("rsa", "-pubout", text=key)


def test_signatures(directory):
    calls = [{"method": m, "target": t, "headers": h, "body": b.decode()}
             for m, t, h, b in route53_calls(directory)]
    form, public = token_of_googlecloud(directory)
    subprocess.run(["node", "-e", VERIFY], text=True, check=True, env=dict(
        os.environ, NODE_PATH=os.path.join(FOLDER, "node_modules")),
        input=json.dumps({
            "keys": {"accessKeyId": AWS[0], "secretAccessKey": AWS[1]},
            "calls": calls, "form": form, "pub": public}))


if __name__ == "__main__":
    if not is_inside():
        install()
    notify_lab.main(globals())
