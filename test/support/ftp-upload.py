"""A camera that uploads by FTP, and the server it uploads to, on loopback: a real server, by pyftpdlib.

usage: ftp-upload.py FOLDER FILE NAME BLOCKS PAUSE_SECONDS [break]

FILE goes to FOLDER/NAME in BLOCKS parts with a pause between two; "break" ends the connection after half of them, and the upload is
made anew under the same name. "done" is printed when the server has said that the transfer is complete.
"""

import ftplib
import logging
import sys
import threading
import time

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

logging.disable(logging.INFO)
folder, file, name, blocks, pause, *breaks = sys.argv[1:]
authorizer = DummyAuthorizer()
authorizer.add_user("camera", "secret", folder, perm="elradfmw")
handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
server = FTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, daemon=True).start()
with open(file, "rb") as source:
    content = source.read()
size = -(-len(content) // int(blocks))


def upload(parts):
    camera = ftplib.FTP()
    camera.connect("127.0.0.1", server.address[1], timeout=20)
    camera.login("camera", "secret")
    camera.voidcmd("TYPE I")
    connection = camera.transfercmd("STOR " + name)
    for part in range(parts):
        connection.sendall(content[part * size : (part + 1) * size])
        time.sleep(float(pause))
    connection.close()
    if parts < int(blocks):
        camera.close()
        return
    camera.voidresp()
    camera.quit()


if breaks:
    upload(int(blocks) // 2)
    time.sleep(float(pause))
upload(int(blocks))
print("done", flush=True)
sys.stdin.read()
