// Lines in the style of common systems, for measuring where no real ones are at hand. Written for
// this project; "#" stands for a digit. Figures that matter are made from real lines: scripts/bench
// --lines.
#pragma once

namespace oklog::bench {

inline constexpr const char* sample_lines[] = {
    "INFO dfs.DataNode$PacketResponder: Received block blk_-################### of size ######## "
    "from /10.###.##.###",
    "INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: "
    "10.###.##.###:##### is added to blk_################### size ########",
    "sshd[#####]: Failed password for invalid user admin from ###.###.##.### port ##### ssh2",
    "sshd[#####]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh "
    "ruser= rhost=###.###.##.###  user=root",
    "[error] [client ###.##.###.##] Directory index forbidden by rule: /var/www/html/",
    "[notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
    "###.##.##.### - - \"GET /images/icons/button-##.png HTTP/1.1\" 200 #### \"-\" \"Mozilla/5.0 "
    "(X11; Linux x86_64)\"",
    "###.##.##.### - - \"POST /api/v2/orders/######## HTTP/1.1\" 201 ### \"-\" \"okhttp/4.9.#\" "
    "rt=0.0## uct=0.00#",
    "level=info ts=2026 caller=compact.go:### msg=\"write block\" mint=############# "
    "maxt=############# duration=#.####s",
    "level=warn component=\"rule manager\" group=node msg=\"Evaluating rule failed\" err=\"query "
    "timed out after ##s\"",
    "WARN  [QuorumPeer[myid=#]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@###] - Notification time "
    "out: #####",
    "INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@####] - Closed socket "
    "connection for client /10.10.##.##:##### which had sessionid 0x############",
    "INFO executor.Executor: Finished task ##.0 in stage #.0 (TID ###). #### bytes result sent to "
    "driver",
    "INFO storage.MemoryStore: Block broadcast_## stored as values in memory (estimated size #.# "
    "KB, free ###.# KB)",
    "RAS KERNEL INFO ######## double-hummer alignment exceptions",
    "RAS KERNEL FATAL data TLB error interrupt at 0x######## in task ####",
    "kernel: [######.######] eth0: link up, ####Mbps, full-duplex, lpa 0x####",
    "systemd[1]: Started Session ##### of user deploy.",
    "postgres[#####]: [##-1] LOG:  duration: ###.### ms  statement: SELECT id, total FROM orders "
    "WHERE customer = '######'",
    "java.lang.IllegalStateException: connection pool exhausted after #### ms (active=##, idle=0, "
    "waiting=##)",
};

}  // namespace oklog::bench
