"""A daemon on the package ovs: echoes, logs, crashes, and ends when told."""

import argparse
import os
import signal
import sys

import ovs.daemon
import ovs.poller
import ovs.unixctl.server
import ovs.util
import ovs.vlog

vlog = ovs.vlog.Vlog("test_daemon")
held = []


def crash(conn, argv, aux):
    os.kill(os.getpid(), getattr(signal, argv[0]))


def hold(conn, argv, aux):
    held.append(conn)


def release(conn, argv, aux):
    for one in held:
        one.reply("released")
    held.clear()
    conn.reply(None)


def log(conn, argv, aux):
    getattr(vlog, argv[0])(argv[1])
    conn.reply("json" if conn.json else None)


def give(conn, argv, aux):
    if conn.json:
        conn.reply_json({"a": [1, 2]})
    else:
        conn.reply("a: 1, 2")


def leave(conn, argv, aux):
    aux.append(int(argv[0]))
    conn.reply(None)


def main():
    ovs.util.PROGRAM_NAME = "pyd"
    parser = argparse.ArgumentParser()
    ovs.vlog.add_args(parser)
    ovs.daemon.add_args(parser)
    parser.add_argument("--fail", action="store_true")
    args = parser.parse_args()
    ovs.vlog.handle_args(args)
    ovs.daemon.handle_args(args)

    ovs.daemon.daemonize_start()
    if args.fail:
        sys.exit(3)
    error, server = ovs.unixctl.server.UnixctlServer.create(None)
    if error:
        ovs.util.ovs_fatal(error, "no runtime commands", vlog)
    codes = []
    register = ovs.unixctl.command_register
    register("echo", "[ARG]...", 0, 3, lambda conn, argv, aux: conn.reply(",".join(argv)), None)
    register("fail", "", 0, 0, lambda conn, argv, aux: conn.reply_error("it failed"), None)
    register("crash", "SIGNAL", 1, 1, crash, None)
    register("hold", "", 0, 0, hold, None)
    register("release", "", 0, 0, release, None)
    register("log", "LEVEL TEXT", 2, 2, log, None)
    register("give", "", 0, 0, give, None)
    register("cwd", "", 0, 0, lambda conn, argv, aux: conn.reply(os.getcwd()), None)
    register("exit", "CODE", 1, 1, leave, codes)
    ovs.daemon.daemonize_complete()
    while True:
        server.run()
        if codes:
            break
        poller = ovs.poller.Poller()
        server.wait(poller)
        poller.block()
    server.close()
    sys.exit(codes[0])


if __name__ == "__main__":
    main()
