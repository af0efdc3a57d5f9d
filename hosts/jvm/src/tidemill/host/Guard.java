package tidemill.host;

import java.io.FileDescriptor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.NetPermission;
import java.nio.file.LinkPermission;
import java.nio.file.Path;
import java.security.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * What scripts may not do: end the process, start others, read files other than Java's own and those of their
 * folder, write outside of it, call this server back. Other hosts can be called, as on the real system.
 * The second line of defence (src/script/process.c) is the kernel's: no new process, no open file but the two.
 */
@SuppressWarnings("removal")
final class Guard extends SecurityManager {
    private static final Set<String> NEVER = Set.of("setSecurityManager", "manageProcess", "setIO", "writeFileDescriptor", "readFileDescriptor");
    private static final List<String> READABLE = new ArrayList<>(List.of(
        "/usr/share/java/", "/usr/share/maven-repo/", "/usr/share/zoneinfo/", "/usr/share/javazi/", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
        "/etc/host.conf", "/etc/gai.conf", "/etc/localtime", "/etc/timezone", "/etc/java", "/etc/ssl/", "/dev/random", "/dev/urandom", "/dev/null"));
    /* A thread, not a flag: a script cannot become it. */
    private static volatile Thread trusted;
    static volatile boolean ending;
    private final int port;
    private final String folder;

    private Guard(int port, String folder) {
        this.port = port;
        this.folder = folder;
    }

    static void install(int port) {
        READABLE.add(System.getProperty("java.home") + "/");
        READABLE.add(Groovy4.folder());
        for (String jar : System.getProperty("java.class.path").split(":"))
            READABLE.add(jar);
        System.setSecurityManager(new Guard(port, System.getProperty("java.io.tmpdir")));
    }

    /** Reads a file that the server has opened for us. */
    static <T> T trusted(Callable<T> read) throws IOException {
        synchronized (Guard.class) {
            trusted = Thread.currentThread();
            try {
                return read.call();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            } finally {
                trusted = null;
            }
        }
    }

    @Override
    public void checkPermission(Permission p) {
        String name = p.getName();
        if (NEVER.contains(name) || p instanceof LinkPermission
            || p instanceof NetPermission && name.equals("accessUnixDomainSocket"))
            throw new SecurityException("a script may not do this: " + name);
    }

    @Override
    public void checkPermission(Permission p, Object context) {
        checkPermission(p);
    }

    @Override
    public void checkExit(int status) {
        if (ending)
            return;
        throw new SecurityException("a script may not end the process: System.exit(" + status + ")");
    }

    @Override
    public void checkExec(String command) {
        throw new SecurityException("a script may not start a program: " + command);
    }

    @Override
    public void checkLink(String library) {
        if (library.indexOf('/') >= 0)
            throw new SecurityException("a script may not load native code: " + library);
    }

    private static String plain(String file) {
        return Path.of(file).toAbsolutePath().normalize().toString();
    }

    private boolean isOwn(String path) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    @Override
    public void checkRead(String file) {
        if (Thread.currentThread() == trusted)
            return;
        String path = plain(file);
        if (isOwn(path))
            return;
        for (String prefix : READABLE)
            if (path.startsWith(prefix) || prefix.equals(path + "/"))
                return;
        throw new SecurityException("a script may not read " + file);
    }

    @Override
    public void checkRead(String file, Object context) {
        checkRead(file);
    }

    @Override
    public void checkWrite(String file) {
        if (!isOwn(plain(file)) && !file.equals("/dev/null"))
            throw new SecurityException("a script may not write " + file);
    }

    @Override
    public void checkDelete(String file) {
        checkWrite(file);
    }

    @Override
    public void checkRead(FileDescriptor fd) {
        if (fd == FileDescriptor.in || fd == FileDescriptor.out || fd == FileDescriptor.err)
            throw new SecurityException("a script may not use the host's own files");
    }

    @Override
    public void checkWrite(FileDescriptor fd) {
        checkRead(fd);
    }

    @Override
    public void checkConnect(String host, int to) {
        if (to == port && port > 0 && isHere(host))
            throw new SecurityException("a script may not call the server it runs on: " + host + ":" + to);
    }

    @Override
    public void checkConnect(String host, int to, Object context) {
        checkConnect(host, to);
    }

    private static boolean isHere(String host) {
        try {
            for (InetAddress a : InetAddress.getAllByName(host))
                if (a.isAnyLocalAddress() || a.isLoopbackAddress() || NetworkInterface.getByInetAddress(a) != null)
                    return true;
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void checkPackageAccess(String name) {
        // no package is closed
    }

    @Override
    public void checkPropertyAccess(String key) {
        // all may be read
    }

    @Override
    public void checkPropertiesAccess() {
        // all may be read
    }
}
