"""A file system of one directory in memory, over FUSE, that can stop responding as a network file system does.

While it hangs, it reads no request from the kernel: processes that use it wait until they are killed, as with NFS.
"""
import ctypes, errno, os, struct, threading, time

LIBC = ctypes.CDLL(None, use_errno=True)
ROOT = 1
(LOOKUP, FORGET, GETATTR, SETATTR, UNLINK, RENAME, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR,
 FSYNCDIR, CREATE, INTERRUPT, BATCH_FORGET, RENAME2) = 1, 2, 3, 4, 10, 12, 14, 15, 16, 17, 18, 20, 25, 26, 27, 28, 29, 30, 35, 36, 42, 45


class Node:
    def __init__(self, number, data):
        self.number, self.data, self.time = number, bytearray(data), time.time()


class HangingFs:
    """Mounted at `path` while the object is in use. `files` maps names to nodes."""

    def __init__(self, path):
        self.path, self.files, self.nodes, self.next = str(path), {}, {}, ROOT + 1
        self.responds = threading.Event()
        self.responds.set()
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        if LIBC.mount(b"fuse", self.path.encode(), b"fuse", 0, options):
            raise OSError(ctypes.get_errno(), f"cannot mount FUSE at {self.path}")
        threading.Thread(target=self.run, daemon=True).start()

    def write(self, name, text):
        """Replaces a file, without the kernel: the process under test gets no file event."""
        self.files[name] = self.add(text.encode())

    def add(self, data=b""):
        node = Node(self.next, data)
        self.nodes[node.number], self.next = node, self.next + 1
        return node

    def hang(self):
        self.responds.clear()

    def respond(self):
        self.responds.set()

    def close(self):
        self.respond()
        LIBC.umount2(self.path.encode(), 2)
        os.close(self.device)

    def run(self):
        while True:
            self.responds.wait()
            try:
                # A read that began before the hang gets one more request, and answers it: the kernel lets no process
                # be killed whose request was read.
                self.answer(os.read(self.device, 1 << 20))
            except OSError as error:
                if error.errno in (errno.ENODEV, errno.EBADF):
                    return
                if error.errno not in (errno.ENOENT, errno.EINTR):
                    raise

    def answer(self, request):
        _, opcode, unique, number = struct.unpack_from("<IIQQ", request)
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        try:
            error, reply = 0, self.handle(opcode, number, request[40:])
        except OSError as failure:
            error, reply = failure.errno, b""
        os.write(self.device, struct.pack("<IiQ", 16 + len(reply), -error, unique) + reply)

    def handle(self, opcode, number, body):
        if opcode == INIT:
            return struct.pack("<IIIIHHIIHHI7I", 7, 31, 1 << 17, 0, 12, 9, 1 << 17, 1, 0, 0, 0, *[0] * 7)
        if opcode == LOOKUP:
            return self.entry(self.find(body[:-1]))
        if opcode in (GETATTR, SETATTR):
            if opcode == SETATTR and struct.unpack_from("<I", body)[0] & 8:
                size = struct.unpack_from("<Q", body, 16)[0]
                node = self.nodes[number]
                node.data = node.data[:size].ljust(size, b"\0")
            return struct.pack("<QII", 0, 0, 0) + self.attributes(number)
        if opcode in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        if opcode == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return bytes(self.nodes[number].data[offset:offset + size])
        if opcode == WRITE:
            _, offset, size = struct.unpack_from("<QQI", body)
            node = self.nodes[number]
            node.data[offset:offset + size] = body[40:]
            node.time = time.time()
            return struct.pack("<II", size, 0)
        if opcode == CREATE:
            node = self.files[body[16:-1].decode()] = self.add()
            return self.entry(node) + struct.pack("<QII", 0, 0, 0)
        if opcode == UNLINK:
            self.find(body[:-1])
            del self.files[body[:-1].decode()]
            return b""
        if opcode in (RENAME, RENAME2):
            old, new = body[8 if opcode == RENAME else 16:-1].split(b"\0")
            self.files[new.decode()] = self.find(old)
            del self.files[old.decode()]
            return b""
        if opcode == READDIR:
            return self.listing(struct.unpack_from("<Q", body, 8)[0])
        if opcode == STATFS:
            return struct.pack("<QQQQQIIII6I", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0, *[0] * 6)
        if opcode in (RELEASE, RELEASEDIR, FLUSH, FSYNC, FSYNCDIR):
            return b""
        raise OSError(errno.ENOSYS, "not implemented")

    def find(self, name):
        node = self.files.get(name.decode())
        if node is None:
            raise OSError(errno.ENOENT, "no such file")
        return node

    def attributes(self, number):
        node = self.nodes.get(number)
        size, mode, at = (len(node.data), 0o100644, node.time) if node else (0, 0o40755, 1)
        seconds, nanos = int(at), int(at % 1 * 1e9)
        return struct.pack("<QQQQQQIIIIIIIIII", number, size, (size + 511) // 512, *[seconds] * 3, *[nanos] * 3, mode, 1, 0, 0, 0, 4096, 0)

    def entry(self, node):
        # The kernel keeps nothing: each look-up asks again.
        return struct.pack("<QQQQII", node.number, 0, 0, 0, 0, 0) + self.attributes(node.number)

    def listing(self, offset):
        entries = b""
        for at, (name, node) in enumerate(sorted(self.files.items()), 1):
            if at > offset:
                name = name.encode()
                entries += struct.pack("<QQII", node.number, at, len(name), 8) + name.ljust((len(name) + 7) // 8 * 8, b"\0")
        return entries
