#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yardstick.h"

static char buffer[1 << 18];

/// Reads the head of a request into `buffer`; returns how many bytes came, those of the body included.
static long read_head(int peer, char **body) {
    long filled = 0;
    while (filled < (long)sizeof buffer - 1) {
        long count = read(peer, buffer + filled, sizeof buffer - 1 - filled);
        if (count <= 0) return 0;
        filled += count;
        buffer[filled] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (end) {
            *body = end + 4;
            return filled;
        }
    }
    return 0;
}

static void say(int peer, const char *text) {
    if (write(peer, text, strlen(text)) < 0) perror("yardstick: write");
}

static void take(int peer, long filled, const char *body) {
    const char *length = strcasestr(buffer, "\ncontent-length:");
    long left = length ? atol(length + 16) : 0;
    if (strcasestr(buffer, "100-continue")) say(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    left -= buffer + filled - body;
    while (left > 0) {
        long count = read(peer, buffer, sizeof buffer);
        if (count <= 0) return;
        left -= count;
    }
    say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void give(int peer, const char *path) {
    int file = open(path, O_RDONLY);
    struct stat facts;
    if (file < 0 || fstat(file, &facts)) return perror(path);
    char head[200];
    snprintf(
        head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\nConnection: close\r\n\r\n",
        (long)facts.st_size);
    say(peer, head);
    off_t at = 0;
    while (at < facts.st_size && sendfile(peer, file, &at, 1 << 20) > 0);
    close(file);
}

int yardstick_listen(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 8)) return -1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return listener;
}

void yardstick_serve(int listener, const char *file) {
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        char *body;
        long filled = read_head(peer, &body);
        if (filled) strncmp(buffer, "PUT", 3) ? give(peer, file) : take(peer, filled, body);
        // What was sent must arrive before the end does.
        shutdown(peer, SHUT_WR);
        while (filled && read(peer, buffer, sizeof buffer) > 0);
        close(peer);
    }
}
