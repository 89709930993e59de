"""An RTSP server by GStreamer: a real one, with the sign-in of a camera. It ends with its standard input.

usage: server.py PORT VIDEO.mp4 [USER PASSWORD basic|digest]

PORT 0 takes a free one; it is printed as the first line. /stream gives the video. A line on standard input changes what /stream is
for viewers to come, and is answered by "ok": "video", "silent" (a stream without a frame), "nothing" (there is no stream).
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

port, video, *sign_in = sys.argv[1:]
Gst.init(None)
loop = GLib.MainLoop()
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)

ROLE = "viewer"
if sign_in:
    user, password, method = sign_in
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)

LAUNCH = {
    "video": f'( filesrc location="{video}" ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=1 )',
    "silent": "( appsrc is-live=true format=time caps=video/x-h264,stream-format=byte-stream,alignment=au"
    " ! rtph264pay name=pay0 pt=96 )",
}


def serve(what):
    points = server.get_mount_points()
    points.remove_factory("/stream")
    if what not in LAUNCH:
        return
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(LAUNCH[what])
    if sign_in:
        rights = "media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
        factory.add_role_from_structure(Gst.Structure.new_from_string(f"{ROLE},{rights}"))
    points.add_factory("/stream", factory)


def change(what):
    serve(what)
    print("ok", flush=True)
    return False


def listen():
    for line in sys.stdin:
        GLib.idle_add(change, line.strip())
    GLib.idle_add(loop.quit)


serve("video")
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(server.get_bound_port(), flush=True)
threading.Thread(target=listen, daemon=True).start()
loop.run()
