"""Who alerts are sent to in end-to-end tests: a webhook and a mail server on loopback that keep what they get."""
import http.server
import json
import socketserver
import threading


class Webhook:
    """POST anything: `.bodies` has the JSON of each, in order. `.refuse` n requests first with 503."""

    def __init__(self):
        self.bodies, self.refuse = [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                if outer.refuse > 0:
                    outer.refuse -= 1
                    self.send_response(503)
                else:
                    outer.bodies.append(json.loads(body))
                    self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    """A mail server: `.mails` has (recipients, text) of each."""

    def __init__(self):
        self.mails = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b'\r\n')

            def handle(self):
                recipients = []
                self.say('220 mailbox ESMTP')
                while line := self.rfile.readline().decode('utf-8', 'replace').strip():
                    word = line.split(' ', 1)[0].upper()
                    if word == 'RCPT':
                        recipients.append(line)
                    if word == 'DATA':
                        self.say('354 go on')
                        text = b''
                        while not text.endswith(b'\r\n.\r\n'):
                            text += self.rfile.readline()
                        outer.mails.append((recipients, text.decode('utf-8', 'replace')))
                        recipients = []
                    if word == 'QUIT':
                        self.say('221 bye')
                        return
                    self.say('250 mailbox' if word in ('EHLO', 'HELO') else '250 ok')

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
